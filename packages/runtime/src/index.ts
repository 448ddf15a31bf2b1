export * from './backoff.ts'
export * from './errors.ts'
