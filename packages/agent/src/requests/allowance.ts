/** What a reply needs beside the files that it names. */
const envelopeBytes = 1_024
const rowBytes = 2_048

/** Bytes of a reply that rows of so many entries take before they name anything. */
export function headRoomBytes(entries: number): number {
  return envelopeBytes + entries * rowBytes
}

/** The bytes that an answer may still take as JSON. */
export class Allowance {
  #left: number

  constructor(bytes: number) {
    this.#left = bytes
  }

  /** Whether there is room for the value; then it is taken. */
  takes(value: unknown): boolean {
    const bytes = Buffer.byteLength(JSON.stringify(value)) + 1
    if (bytes > this.#left) return false
    this.#left -= bytes
    return true
  }
}
