/**
 * Put before a program, takes root's power to pass over the rights of files from it: then what is taken away is missing. Nothing where
 * we are not root, and have no such power to take.
 */
export const withoutPowers: readonly string[] =
  process.getuid?.() === 0
    ? ['setpriv', ...['bounding-set', 'inh-caps'].map((set) => `--${set}=-dac_override,-dac_read_search`), '--']
    : []
