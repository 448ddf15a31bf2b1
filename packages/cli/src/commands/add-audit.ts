import type { Command } from 'commander'
import type { AuditFlags } from './audit.ts'
import type { CommandContext } from './context.ts'

/** Adds `logctl audit`. */
export function addAudit(program: Command, context: CommandContext): void {
  program
    .command('audit')
    .description("count a file's lines against the index: which are missing or double, and where")
    .argument('<file>', 'a plain log file that can be read here')
    .option('--host <name>', 'host whose file it is, as its documents name it (default: this one)')
    .option('--path <path>', "the file's path there, where it is another one (a copy, a rotated file)")
    .option('--dataset <name>', 'in the data streams of this dataset')
    .option('--index <pattern>', 'in these indices and data streams (default logs-*)')
    .option('--source <id>', "the file's source id, where several files stood at this path (logctl files --json)")
    .option('--json', 'one JSON object')
    .addHelpText('after', help)
    .action(async (file: string, flags: AuditFlags) => {
      const { audit } = await import('./audit.ts')
      if (!(await audit(file, flags, context.settings(), context))) context.exit(1)
    })
}

const help = `
Lines are those of the file as it stands here, in UTF-8, one document each, or several of them one event. What is left out on purpose (includeLines,
excludeLines, a pipeline's drop, startAt: end) counts as missing, what was refused lies in the dead letters (logctl dlq list). Lines behind the last one in the
index may be on their way: ask again. Exit code 1 where a line is missing or double.`
