import { boundYoungGeneration } from './young-generation.ts'

// Before anything else is loaded: what modules leave behind would have enlarged it already.
boundYoungGeneration()
await import('./program.ts')
