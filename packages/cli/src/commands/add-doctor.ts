import type { Command } from 'commander'
import { exitCodes } from '@logpipe/runtime'
import type { CommandContext } from './context.ts'
import type { DoctorFlags } from './doctor.ts'

/** Adds `logctl doctor`. */
export function addDoctor(program: Command, { output, signal, settings, exit }: CommandContext): void {
  program
    .command('doctor')
    .description('look for what is wrong with servers and agents, and say what to do about it')
    .option('--json', 'one JSON object: {healthy, findings: [{about, check, level, found, todo}]}')
    .addHelpText('after', help)
    .action(async (flags: DoctorFlags) => {
      const { doctor } = await import('./doctor.ts')
      if (!(await doctor(flags, settings(), output, signal))) exit(exitCodes.failed)
    })
}

const help = `
It looks from here and as the user that LOGCTL_… names: run it on an agent's host, with the user of the agent, to see what that agent sees.
Nothing is changed, but for a key in etcd that is deleted at once.
Exit code: 0 no problem (maybe warnings), 1 a problem, 2 bad usage or settings.`
