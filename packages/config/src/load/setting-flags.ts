/**
 * Settings given as flags: `--kafka.brokers a:1,b:2` or `--kafka.brokers=a:1,b:2`; null for a flag without a value.
 * What is no flag is kept under its own text, so that it is told as unknown.
 */
export function settingFlags(args: readonly string[]): Record<string, string | null> {
  const flags: Record<string, string | null> = {}
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] as string
    const equals = arg.indexOf('=')
    const next = args[at + 1]
    if (!arg.startsWith('--')) flags[arg] = ''
    else if (equals > 0) flags[arg.slice(2, equals)] = arg.slice(equals + 1)
    else if (next === undefined || next.startsWith('--')) flags[arg.slice(2)] = null
    else {
      flags[arg.slice(2)] = next
      at++
    }
  }
  return flags
}
