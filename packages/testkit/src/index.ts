export * from './closing.ts'
export * from './servers.ts'
export * from './wait-for.ts'
