export { runTransfer } from './run.ts'
