// `prisma migrate deploy` without Prisma's engine in binary form, which npm does not bring. Only for this test: an app runs the ordinary
// command line. The adapter lacks two types of the catalog, and cuts a migration at every semicolon.

import { PrismaPg } from '@prisma/adapter-pg';
import { defineConfig } from 'prisma/config';

const NAME = 19;
const CHAR = 18;
const TEXT = 25;

async function adapter() {
  const factory = new PrismaPg({ connectionString: process.env.DATABASE_URL, max: 1 });
  const connect = factory.connect.bind(factory);
  factory.connect = async () => {
    const connection = await connect();
    const performIO = connection.performIO.bind(connection);
    connection.performIO = async (query) => {
      const result = await performIO(query);
      for (const field of result.fields) if (field.dataTypeID === NAME || field.dataTypeID === CHAR) field.dataTypeID = TEXT;
      return result;
    };
    connection.executeScript = async (script) => {
      await connection.underlyingDriver().query(script).catch((error) => connection.onError(error));
    };
    return connection;
  };
  return factory;
}

export default defineConfig({ experimental: { adapter: true }, engine: 'js', adapter, schema: './schema.prisma', migrations: { path: './migrations' } });
