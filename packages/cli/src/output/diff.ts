/** Lines that differ are compared pair by pair up to so many; beyond, one side is shown as gone and the other as new. */
const maxPairs = 4_000_000
/** Lines that are the same, shown around those that differ. */
const around = 3

/** What is different between two texts, line by line: `- ` gone, `+ ` new, two blanks the same, `…` where lines are left out. Empty: nothing. */
export function diffLines(from: string, to: string): string[] {
  const [a, b] = [linesOf(from), linesOf(to)]
  let start = 0
  while (start < a.length && start < b.length && a[start] === b[start]) start++
  let end = 0
  while (end < a.length - start && end < b.length - start && a.at(-1 - end) === b.at(-1 - end)) end++
  const middle = differing(a.slice(start, a.length - end), b.slice(start, b.length - end))
  if (middle.length === 0) return []
  return shortened([...same(a.slice(0, start)), ...middle, ...same(a.slice(a.length - end))])
}

function linesOf(text: string): string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n')
}

function same(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`)
}

/** By the longest run of lines that both have in this order. */
function differing(a: readonly string[], b: readonly string[]): string[] {
  if (a.length * b.length > maxPairs) return [...a.map((line) => `- ${line}`), ...b.map((line) => `+ ${line}`)]
  const width = b.length + 1
  const common = new Uint32Array((a.length + 1) * width)
  const at = (i: number, j: number): number => common[i * width + j] ?? 0
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      common[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1))
    }
  }
  const lines: string[] = []
  let [i, j] = [0, 0]
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      lines.push(`  ${a[i]}`)
      i++
      j++
    } else if (i < a.length && (j >= b.length || at(i + 1, j) >= at(i, j + 1))) lines.push(`- ${a[i++]}`)
    else lines.push(`+ ${b[j++]}`)
  }
  return lines
}

function shortened(lines: readonly string[]): string[] {
  const isNear = (index: number): boolean =>
    lines.slice(Math.max(0, index - around), index + around + 1).some((line) => !line.startsWith('  '))
  const shown: string[] = []
  lines.forEach((line, index) => {
    if (isNear(index)) shown.push(line)
    else if (shown.at(-1) !== '…') shown.push('…')
  })
  return shown
}
