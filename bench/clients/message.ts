/** What every client of this bench sends: messages of 200 bytes that differ, and do not compress to nothing. */
export const messageBytes = 200

export function message(index: number): Buffer {
  const text = `${index.toString().padStart(10, '0')} ${Math.imul(index + 1, 2_654_435_761) >>> 0} GET /page/${index % 977} `
  return Buffer.from(text.padEnd(messageBytes, 'abcdefghijklmnopqrstuvwxyz0123456789').slice(0, messageBytes))
}

/** Sends `count` messages, spread over the topic's partitions, acks=all; resolves when all are acknowledged. */
export type Produce = (brokers: string[], topic: string, partitions: number, count: number) => Promise<void>
