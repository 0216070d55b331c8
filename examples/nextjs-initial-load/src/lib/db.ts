import { PrismaPg } from '@prisma/adapter-pg';
import { PrismaClient } from '@/generated/prisma/client';

/** Bundles and hot reload load this module more than once: the pool of connections is one for the process. */
const globals = globalThis as typeof globalThis & { prismaOfTheApp?: PrismaClient };

export const prisma = (globals.prismaOfTheApp ??= new PrismaClient({
  adapter: new PrismaPg({ connectionString: process.env.DATABASE_URL }),
}));
