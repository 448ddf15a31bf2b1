/** Writers in other encodings, for lines that the agent is to decode. */
export const encode = {
  'utf-16le': (text: string): Buffer => Buffer.from(text, 'utf16le'),
  'utf-16be': (text: string): Buffer => Buffer.from(text, 'utf16le').swap16(),
  gbk: (text: string): Buffer => Buffer.concat(Array.from(text, gbkBytes)),
} as const

let gbk: Map<string, Buffer> | undefined

/** Made from the platform's decoder: it has no encoder. */
function gbkTable(): Map<string, Buffer> {
  const table = new Map<string, Buffer>()
  const decoder = new TextDecoder('gbk')
  for (let byte = 0; byte < 0x80; byte++) table.set(String.fromCharCode(byte), Buffer.of(byte))
  for (let lead = 0x81; lead <= 0xfe; lead++) {
    for (let trail = 0x40; trail <= 0xfe; trail++) {
      const bytes = Buffer.of(lead, trail)
      const character = decoder.decode(bytes)
      if (Array.from(character).length === 1 && !table.has(character)) table.set(character, bytes)
    }
  }
  return table
}

function gbkBytes(character: string): Buffer {
  gbk ??= gbkTable()
  const bytes = gbk.get(character)
  if (bytes === undefined) throw new RangeError(`GBK has no '${character}'.`)
  return bytes
}
