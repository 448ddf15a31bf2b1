import type { ElasticsearchClient } from './client.ts'
import { plain } from './index-family.ts'

interface Answer {
  index_templates?: { name: string; index_template: { index_patterns?: string[]; priority?: number } }[]
}

/**
 * The index templates of a priority above `priority` that cover streams of any dataset, as `<type>-*-*` does: then ours has no effect. Those
 * of integrations (`logs-nginx.access-*`) cover their own only. Empty where the server does not tell. Rejects where there is no answer.
 */
export async function templatesAbove(
  client: ElasticsearchClient,
  { streamType, priority }: { streamType: string; priority: number },
  signal: AbortSignal,
): Promise<string[]> {
  const parts = ['name', 'index_template.index_patterns', 'index_template.priority']
  const query = { filter_path: parts.map((part) => `index_templates.${part}`).join(',') }
  const { status, body } = await client.request({ method: 'GET', path: '/_index_template', query }, signal)
  if (status !== 200) return []
  const { index_templates: all = [] } = JSON.parse(body.toString('utf8')) as Answer
  const probe = `${streamType}-logpipe_probe-default`
  const covers = (pattern: string): boolean => asRegex(pattern).test(probe)
  return all
    .filter(({ index_template: { priority: other = 0, index_patterns: patterns = [] } }) => {
      return other > priority && patterns.some(covers)
    })
    .map(({ name }) => name)
    .sort()
}

function asRegex(pattern: string): RegExp {
  return new RegExp(`^${pattern.split('*').map(plain).join('.*')}$`)
}
