import { z } from 'zod'

/** Kafka's rule for the length of a topic name. */
export const maxTopicLength = 249

/** What is wrong with a topic name, in a sentence; null when Kafka takes it. */
export function topicFault(name: string): string | null {
  if (name === '') return 'must not be empty'
  if (name === '.' || name === '..') return "must not be '.' or '..'"
  if (name.length > maxTopicLength) return `must not be longer than ${maxTopicLength} characters (Kafka's limit)`
  if (!/^[a-zA-Z0-9._-]+$/.test(name)) return "may hold letters, digits, '.', '_' and '-' only (Kafka's rule)"
  return null
}

/** A topic name that Kafka takes. */
export const TopicName = z.string().superRefine((name, context) => {
  const fault = topicFault(name)
  if (fault !== null) context.addIssue(fault)
})

/** A topic name with `*` (any characters), `?` (one character), or `!` in front to leave out what it matches. */
export const TopicGlob = z.string().superRefine((glob, context) => {
  const pattern = glob.startsWith('!') ? glob.slice(1) : glob
  const fault = topicFault(pattern.replaceAll(/[*?]/g, 'x'))
  if (fault !== null) context.addIssue(`${fault}; '*', '?' and a leading '!' have their glob meaning`)
})

/** Whether at least one plain glob matches `topic` and no glob with a leading `!` does. The order does not matter. */
export function matchTopic(globs: readonly string[], topic: string): boolean {
  let matched = false
  for (const glob of globs) {
    if (glob.startsWith('!')) {
      if (matchGlob(glob.slice(1), topic)) return false
    } else {
      matched ||= matchGlob(glob, topic)
    }
  }
  return matched
}

/**
 * Whether these globs match every topic that `glob` can match, when those of `without` are left aside. Sound, though not complete: where it
 * cannot see it at once, the answer is no.
 */
export function coversGlob(globs: readonly string[], glob: string, without: readonly string[] = []): boolean {
  // A glob is matched as the text that it is: its `*` only by another `*`, which takes whatever that stands for.
  return (
    globs.some((each) => !each.startsWith('!') && matchGlob(each, glob)) &&
    globs.every((each) => !each.startsWith('!') || without.includes(each) || isApart(each.slice(1), glob))
  )
}

/** Of two names: whether they differ. Where one of them is a glob, nobody looks closer. */
function isApart(one: string, other: string): boolean {
  return !/[*?]/.test(other) && !matchGlob(one, other)
}

/** One pass with one step back (to the last `*`), so that no pattern can make it run away. */
function matchGlob(glob: string, text: string): boolean {
  let at = 0
  let star = -1
  let starText = 0
  let i = 0
  while (i < text.length) {
    if (at < glob.length && glob[at] === '*') {
      star = at++
      starText = i
    } else if (at < glob.length && ((glob[at] === '?' && text[i] !== '*') || glob[at] === text[i])) {
      at++
      i++
    } else if (star >= 0) {
      at = star + 1
      i = ++starText
    } else {
      return false
    }
  }
  while (glob[at] === '*') at++
  return at === glob.length
}
