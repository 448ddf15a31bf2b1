import { exitCodes } from '@logpipe/runtime'
import type { Applied } from '../entries/apply.ts'
import { type StoreSession, withStore } from '../entries/session.ts'
import type { CommandContext } from './context.ts'

/** How commands get at etcd. */
export interface Sessions {
  /** Does `work` with the store open. */
  session<T>(work: (session: StoreSession) => Promise<T>): Promise<T>
  /** The same for a change: what was refused, or a person declined, is told by the exit code. */
  changing(work: (session: StoreSession) => Promise<Applied>): Promise<void>
}

/** For the commands of one family. */
export function sessionsOf(context: CommandContext): Sessions {
  const session = <T>(work: (session: StoreSession) => Promise<T>): Promise<T> =>
    withStore(context.settings(), context, work)
  return {
    session,
    changing: async (work) => {
      const result = await session(work)
      if (result === 'refused') context.exit(exitCodes.badSettings)
      if (result === 'declined') context.exit(exitCodes.failed)
    },
  }
}
