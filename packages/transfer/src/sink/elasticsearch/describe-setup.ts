import type { SetupResult, TemplateFate } from './setup.ts'
import { withoutFeature } from './template.ts'

const fates: Record<TemplateFate, string> = {
  installed: 'was installed',
  updated: 'was brought up to date',
  kept: 'is there already',
  foreign: 'is not ours (no `managed_by: logpipe` in its _meta) and was left as it is',
  tooWide: 'was left out: a name that begins with a date can only be told by a wildcard that other indices match, too',
}

/** What `setup` of Elasticsearch did, what it left out and what that means, in sentences for people. */
export function describeSetup({ templates, above, missing, retention }: SetupResult): string {
  const sentences = templates.map(
    ({ name, covers, fate }) => `The index template ${name} for ${covers} ${fates[fate]}.`,
  )
  if (above.length > 0) {
    sentences.push(
      `${templates[0]?.name ?? 'It'} has no effect, since others of a higher priority cover the same streams: ${above.join(', ')}. Give them narrower patterns, or a priority below 150.`,
    )
  }
  for (const feature of missing) sentences.push(`This server does not take ${feature}: ${withoutFeature[feature]}.`)
  if (retention !== null && retention.changed.length > 0) {
    sentences.push(`The retention of ${retention.changed.length} data streams that were there before was changed.`)
  }
  if (retention !== null && retention.left !== null) {
    sentences.push(
      `The retention of data streams that were there before could not be changed (${retention.left}); it holds for new ones.`,
    )
  }
  return sentences.join(' ')
}
