import { z } from 'zod'
import { Regex } from '../entry/regex.ts'
import { holds } from '../holds.ts'
import { FieldPath } from './field-path.ts'

export type Scalar = string | number | boolean

/** When a processor runs. Data, never code: what stands beside each other must all hold. */
export interface Condition {
  field?: string
  exists?: boolean
  equals?: Scalar
  in?: Scalar[]
  contains?: string
  startsWith?: string
  matches?: string
  lt?: number
  gt?: number
  not?: Condition
  all?: Condition[]
  any?: Condition[]
}

const Value = z.union([z.string().max(4_096), z.number(), z.boolean()])
const text = z.string().min(1).max(4_096)
const tests = ['exists', 'equals', 'in', 'contains', 'startsWith', 'matches', 'lt', 'gt'] as const

/** The tests of a condition, and what joins conditions. */
const keys = (): z.ZodType<Condition, unknown> =>
  z
    .strictObject({
      field: FieldPath.exactOptional().describe('The field that is looked at; alone: it must be there.'),
      exists: z.boolean().exactOptional().describe('Whether the field must be there.'),
      equals: Value.exactOptional().describe('The value that the field must have.'),
      in: z.array(Value).min(1).max(1_000).exactOptional().describe('The values of which it must have one.'),
      contains: text.exactOptional().describe('Text that must stand in it.'),
      startsWith: text.exactOptional().describe('Text that it must begin with.'),
      matches: Regex.exactOptional().describe('Pattern (RE2) that must match somewhere in it.'),
      lt: z.number().exactOptional().describe('It must be a number below this.'),
      gt: z.number().exactOptional().describe('It must be a number above this.'),
      not: Condition.exactOptional().describe('A condition that must not hold.'),
      all: z.array(Condition).min(1).max(100).exactOptional().describe('Conditions that must all hold.'),
      any: z.array(Condition).min(1).max(100).exactOptional().describe('Conditions of which one must hold.'),
    })
    .superRefine(
      (condition, context) => {
        const tested = tests.filter((name) => condition[name] !== undefined)
        const [first] = tested
        if (condition.field === undefined && first !== undefined) {
          context.addIssue({ code: 'custom', path: [first], message: 'needs a field to look at' })
        } else if (Object.keys(condition).length === 0) {
          context.addIssue('needs a field, or not, all or any')
        }
      },
      { when: holds({}) },
    )

/** Conditions stand in one another, so the schema is made when it is first used. */
export const Condition: z.ZodType<Condition, unknown> = z.lazy(keys).meta({ id: 'condition', title: 'condition' })
