import { MemorySink } from './memory.ts'
import { testSink } from './sink.conformance.ts'
import { elasticsearchItems } from '../test-bulk.ts'

testSink('memory', async () => {
  const sink = new MemorySink()
  sink.answer = ({ source }) =>
    typeof source['log'] === 'string' ? { status: 400, type: 'document_parsing_exception' } : { status: 201 }
  return {
    sink,
    ...elasticsearchItems('logs-test-default'),
    messages: async () => [...sink.documents.values()].map(({ source }) => String(source['message'])).sort(),
  }
})
