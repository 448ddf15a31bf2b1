import { MemorySource } from './memory.ts'
import { testSource } from './source.conformance.ts'

testSource('memory', async () => {
  const source = new MemorySource()
  const partition = source.add('test', 0)
  return { join: () => source, append: (records) => partition.append(records) }
})
