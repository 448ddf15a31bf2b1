export * from './escape.ts'
export * from './output.ts'
export * from './sentence.ts'
export * from './table.ts'
