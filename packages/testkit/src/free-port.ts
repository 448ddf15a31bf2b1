import { freePorts } from '@logpipe/stack'

/** A port of 127.0.0.1 that nobody listens on now. Another program may take it before you do; the window is small. */
export async function freePort(): Promise<number> {
  const [port = 0] = await freePorts(1)
  return port
}
