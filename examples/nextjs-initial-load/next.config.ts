import type { NextConfig } from 'next';

const config: NextConfig = {
  // Both are left to Node: one has a native module, the other loads what it finds.
  serverExternalPackages: ['dumpsert', 'pg'],
  poweredByHeader: false,
  turbopack: { root: import.meta.dirname },
};

export default config;
