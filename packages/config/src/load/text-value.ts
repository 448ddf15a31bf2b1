import { parse } from 'yaml'
import type { SchemaNode } from '../json-schema.ts'

/**
 * The value that a text from the environment, a flag or an INI file stands for, by what the setting at `node` holds: lists
 * as `a,b`, maps as `k=v,k=v`, both also as JSON. What does not fit stays text, so that the schema names the fault.
 */
export function textValue(text: string, node: SchemaNode | undefined): unknown {
  if (node === undefined) return text
  const trimmed = text.trim()
  if (node.anyOf !== undefined) return anyOfValue(text, node.anyOf)
  switch (node.type) {
    case 'integer':
    case 'number':
      return /^[+-]?\d+(\.\d+)?$/.test(trimmed) ? Number(trimmed) : text
    case 'boolean':
      return trimmed === 'true' ? true : trimmed === 'false' ? false : text
    case 'array':
      return trimmed.startsWith('[') ? structure(text) : listValue(trimmed, node)
    case 'object':
      return trimmed.startsWith('{') ? structure(text) : mapValue(trimmed, node)
    default:
      return text
  }
}

function anyOfValue(text: string, branches: readonly SchemaNode[]): unknown {
  for (const branch of branches) {
    if (branch.const === text) return text
    if (typeof branch.const === 'number' && String(branch.const) === text.trim()) return branch.const
    const value = textValue(text, branch)
    if (value !== text) return value
  }
  return text
}

function listValue(text: string, node: SchemaNode): unknown {
  if (node.items?.type === 'object') return text
  const items = text.split(',').map((item) => item.trim())
  return items.filter((item) => item !== '').map((item) => textValue(item, node.items))
}

function mapValue(text: string, node: SchemaNode): unknown {
  if (typeof node.additionalProperties !== 'object') return text
  const pairs = text.split(',').map((pair) => pair.split('='))
  if (pairs.some((pair) => pair.length !== 2)) return text
  return Object.fromEntries(pairs.map(([key = '', value = '']) => [key.trim(), value.trim()]))
}

function structure(text: string): unknown {
  try {
    return parse(text, { logLevel: 'silent' }) as unknown
  } catch {
    return text
  }
}
