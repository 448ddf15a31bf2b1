import { Argument, type Command } from 'commander'
import { print } from '@logpipe/runtime/terminal'
import { type Candidate, complete, startingWith } from '../../completion/candidates.ts'
import { askCommand, scripts, type Shell, shells } from '../../completion/scripts.ts'
import { storedValues } from '../../completion/stored-values.ts'
import type { CommandContext } from '../context.ts'

/** Adds `logctl completion`, and the hidden command that its scripts ask. */
export function addCompletion(program: Command, { output, settings }: CommandContext): void {
  program
    .command('completion')
    .description('print what teaches a shell to complete commands, options, hosts, groups and pipelines')
    .addArgument(new Argument('<shell>', 'which one').choices(shells))
    .addHelpText('after', help)
    .action((shell: Shell) => print(output, scripts[shell]))
  program
    .command(askCommand, { hidden: true })
    .argument('[words...]')
    .action(async (words: string[]) => print(output, (await find(words)).map(line).join('')))

  async function find(words: readonly string[]): Promise<Candidate[]> {
    const completion = complete(program, words)
    if ('candidates' in completion) return completion.candidates
    const values = await storedValues(completion.wanted, settings().etcd)
    return startingWith(
      words.at(-1) ?? '',
      values.map((value) => ({ value, text: '' })),
    )
  }
}

/** A candidate as the scripts read it. */
function line({ value, text }: Candidate): string {
  return `${text === '' ? value : `${value}\t${text}`}\n`
}

const help = `
  bash:  source <(logctl completion bash)                                 in ~/.bashrc
  zsh:   source <(logctl completion zsh)                                  in ~/.zshrc, after compinit
  fish:  logctl completion fish > ~/.config/fish/completions/logctl.fish`
