import { Command } from 'commander'
import type { Program } from '../../command.ts'
import { withExamples } from '../../manual/examples.ts'
import { repoCheckCommand } from './check.ts'
import { enableCommand } from './enable.ts'
import { exportCommand } from './export.ts'
import { repoFilesCommand } from './files.ts'
import { gcCommand } from './gc.ts'
import { importImageCommand } from './import-image.ts'
import { infoCommand } from './info.ts'
import { initCommand } from './init.ts'
import { keysCommand } from './keys.ts'
import { repoPointsCommand } from './points.ts'
import { rebuildCommand } from './rebuild.ts'
import { removePointCommand } from './remove-point.ts'
import { repoRestoreCommand } from './restore.ts'
import { repoServeCommand } from './serve.ts'

/** In the order of `xenkeep repo --help`. */
const subcommands = [
  initCommand,
  infoCommand,
  repoPointsCommand,
  importImageCommand,
  exportCommand,
  repoRestoreCommand,
  repoServeCommand,
  repoFilesCommand,
  repoCheckCommand,
  gcCommand,
  removePointCommand,
  rebuildCommand,
  enableCommand,
  keysCommand,
]

/** `xenkeep repo …`: a repository and its passphrase, nothing else: no settings, no catalog, no control plane. */
export const repoCommand = (program: Program): Command => {
  const repo = withExamples(
    new Command('repo').description(
      'work on a repository directly: only its address and its passphrase are needed',
    ),
    [
      'xenkeep repo info --repository file:/srv/backups',
      'xenkeep repo restore latest:db-01 /srv/db-01 --repository s3://bucket/prefix',
    ],
  )
  for (const subcommand of subcommands) repo.addCommand(subcommand(program))
  return repo
}
