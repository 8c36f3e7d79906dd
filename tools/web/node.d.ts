// What the examples use of Node.js beside what browsers have too.
declare const process: {
  argv: string[];
  env: Record<string, string | undefined>;
  exit(code: number): never;
};
