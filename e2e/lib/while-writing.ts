const pauseMs = 50

/** Calls `write` again and again, with a short pause between, while `act` runs; resolves or rejects as that does, when both have ended. */
export async function whileWriting<T>(write: () => Promise<unknown>, act: () => Promise<T>): Promise<T> {
  let isOver = false
  const writing = (async () => {
    while (!isOver) {
      await write()
      await new Promise((resolve) => setTimeout(resolve, pauseMs))
    }
  })()
  const acting = act().finally(() => (isOver = true))
  // Where the writing fails there is nothing to act on any more; else it ends with the act.
  await Promise.race([acting, writing])
  await writing
  return acting
}
