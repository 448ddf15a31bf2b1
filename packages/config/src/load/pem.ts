import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { jsonSchema, nodeAt, settingPaths, type SettingsKind } from '../json-schema.ts'
import type { Origin } from './check.ts'
import { type Fault, pathText } from './fault.ts'
import { isTree, type Tree } from './tree.ts'

/**
 * What is wrong with the PEM files and texts of settings: what cannot be read or is no certificate or key, and a key that belongs to another
 * certificate. Paths stay as they are: the files are read again when they change. What is neither path nor PEM text is passed over.
 */
export function checkPemFiles(kind: SettingsKind, settings: Tree, origin: Origin): Fault[] {
  const schema = jsonSchema(kind)
  const faults: Fault[] = []
  /** The texts without a fault, by path. */
  const sound = new Map<string, string>()
  const paths = settingPaths(schema).filter((candidate) => nodeAt(schema, candidate)?.format === 'pem')
  for (const path of paths) {
    const given = valueAt(settings, path)
    if (typeof given !== 'string' || !/^\s*(\/|-----BEGIN )/.test(given)) continue
    const { text, problem } = given.startsWith('/') ? readPem(given) : { text: given, problem: null }
    const wrong = problem ?? pemProblem(text, path.at(-1) === 'key')
    if (wrong !== null) faults.push({ path: pathText(path), message: wrong, ...origin(path) })
    else sound.set(pathText(path), text)
  }
  for (const path of paths.filter((each) => each.at(-1) === 'key')) {
    const key = sound.get(pathText(path))
    const cert = sound.get(pathText([...path.slice(0, -1), 'cert']))
    if (key === undefined || cert === undefined || new X509Certificate(cert).checkPrivateKey(createPrivateKey(key)))
      continue
    faults.push({ path: pathText(path), message: 'belongs to another certificate than cert', ...origin(path) })
  }
  return faults
}

function readPem(file: string): { text: string; problem: string | null } {
  try {
    const text = readFileSync(file, 'utf8')
    return { text, problem: text.includes('-----BEGIN ') ? null : 'names a file that holds no PEM text' }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error'
    return { text: '', problem: `names a file that cannot be read (${code})` }
  }
}

/** Why this is no certificate or, where one is wanted, no private key that can be used; null where it is. */
function pemProblem(text: string, isKey: boolean): string | null {
  if (isKey && /^(-----BEGIN |Proc-Type:.*)ENCRYPTED/m.test(text)) {
    return 'holds a key with a passphrase; it must be without (openssl pkey)'
  }
  try {
    if (isKey) createPrivateKey(text)
    else new X509Certificate(text)
    return null
  } catch {
    return `holds no ${isKey ? 'private key' : 'certificate'} that can be read`
  }
}

function valueAt(tree: Tree, path: readonly string[]): unknown {
  let node: unknown = tree
  for (const part of path) node = isTree(node) && Object.hasOwn(node, part) ? node[part] : undefined
  return node
}
