import {
  type AgentReply,
  type Answer,
  type CollectEntry,
  type EntryPreview,
  parseRequest,
  type PreviewRequest,
} from '@logpipe/config'
import { describeError } from '@logpipe/runtime'

/** Says what entries would collect here; ends when `signal` aborts. */
export type AnswerPreview = (
  request: PreviewRequest,
  entries: readonly CollectEntry[],
  signal: AbortSignal,
) => Promise<EntryPreview[]>

/** How this agent answers what stands in its mailbox. Never rejects: what cannot be done is refused in a sentence. */
export function answerWith(preview: AnswerPreview, agent: string): Answer {
  return async (value, key, signal): Promise<AgentReply | null> => {
    const parsed = parseRequest(value, key)
    if ('refused' in parsed) return { kind: 'refused', agent, reason: parsed.refused }
    const { request, entries } = parsed
    const until = AbortSignal.any([signal, AbortSignal.timeout(request.waitMs)])
    try {
      const rows = await preview(request, entries, until)
      return until.aborted ? null : { kind: 'preview', agent, entries: rows }
    } catch (error) {
      return { kind: 'refused', agent, reason: `The agent could not do it: ${describeError(error)}`.slice(0, 1_000) }
    }
  }
}
