import { compileRegex } from '@logpipe/runtime/regex'
import { sentence } from '@logpipe/runtime/terminal'

/** Why agents and transfers would refuse this pattern, as what follows its field in a sentence; null where they would not. */
export function patternProblem(pattern: string): string | null {
  try {
    compileRegex(pattern)
    return null
  } catch (error) {
    return sentence(error)
      .replace(/^'[^]*' (is no pattern)/, '$1')
      .replace(/\.$/, '')
  }
}
