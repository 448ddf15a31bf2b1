import type { Check } from '../check.ts'
import { ok, warning } from '../finding.ts'
import type { ElasticsearchPatient } from './patient.ts'

/** The index template that `logtransfer setup` installs for `logs-*-*`. */
const name = 'logpipe-logs'

/** Whether our index template is there, and is ours. */
export const template: Check<ElasticsearchPatient> = {
  about: 'Elasticsearch',
  name: 'template',
  async look({ cluster }, signal) {
    const found = await cluster.template(name, signal)
    if (found === null) {
      return [
        warning(
          `The index template ${name} is not there: fields are mapped as they come, and nothing is ever cleared.`,
          "Run 'logtransfer setup', or leave setup: true in the settings of the transfers.",
        ),
      ]
    }
    if (found.managedBy === 'logpipe') return [ok(`The index template ${name} is there, version ${found.version}.`)]
    const todo = `Rename or delete it and run 'logtransfer setup', or add managed_by: logpipe to its _meta to have it replaced.`
    return [warning(`The index template ${name} is not ours, and is left as it is.`, todo)]
  },
}
