import type { Command } from 'commander'

/** For commander: an option that may be given again. */
export const more = (text: string, before: readonly string[] = []): string[] => [...before, text]

/** Of commands that work on a tree of a point, or on parts of it. */
export const withPart = (command: Command): Command =>
  command
    .option('--tree <name>', 'which tree, where the point holds several')
    .option(
      '--path <path>',
      'only this file or folder of the tree, as "tree list" shows it: "\\xNN" is a byte; may be given again',
      more,
    )
    .option(
      '--pattern <pattern>',
      'only what fits, as in .gitignore: "*.conf", "home/**/mail"; may be given again',
      more,
    )

export const withOwners = (command: Command): Command =>
  command.option(
    '--owners <rule>',
    'name: who has the name here, else the number; id: the number; none: whoever runs this; or a file with lines "user FROM TO" and "group FROM TO"',
    'name',
  )
