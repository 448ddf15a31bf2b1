/** Whether a path matches `pattern`, in which `*` stands for anything (slashes too), as `--path` means it everywhere. */
export function pathPattern(pattern: string): (path: string) => boolean {
  const [first = '', ...others] = pattern.split('*')
  const last = others.pop()
  if (last === undefined) return (path) => path === pattern
  return (path) => {
    if (path.length < first.length + last.length || !path.startsWith(first) || !path.endsWith(last)) return false
    // Each middle part at its first place: no step back, so no pattern can make it run away.
    let at = first.length
    for (const part of others) {
      const found = path.indexOf(part, at)
      if (found === -1) return false
      at = found + part.length
    }
    return at <= path.length - last.length
  }
}
