import type { Command } from 'commander'
import { action, newCommand, type Program } from '../command.ts'
import type { OwnRepositoryOptions } from '../own-repository.ts'
import type { ServeOptions } from '../serve/serve.ts'
import { withOwnRepositoryOptions } from './own-repository-options.ts'

/**
 * `xenkeep serve POINT`. JSON lines: `serving` {point, name, exports: {device, id, name, size, uri}[]}; `trouble` {message} for what
 * cannot be read; at last `ended` {fetched: {requests, bytes}}.
 */
export const serveCommand = (program: Program) =>
  withServeOptions(
    withOwnRepositoryOptions(
      newCommand('serve', 'offer the disks of a recovery point read-only over NBD', [
        'xenkeep serve latest:db-01                   # on a socket of this user',
        'xenkeep serve latest:db-01 --disk 0 --listen 127.0.0.1:10809',
        'xenkeep serve latest:db-01 --listen 0.0.0.0:10809 \\\n      --tls-certificate c.pem --tls-key k.pem --tls-client-ca ca.pem',
      ]),
    ),
  ).action(
    action(
      program,
      async (session, point: string, options: ServeOptions & OwnRepositoryOptions) => {
        const { serve } = await import('../serve/serve.ts')
        const { withOwnRepository } = await import('../own-repository.ts')
        return serve(session, point, options, work =>
          withOwnRepository(session, options, work, { busySoon: true }),
        )
      },
    ),
  )

/** The argument and the options of serving, wherever the repository comes from. */
export const withServeOptions = (command: Command): Command =>
  command
    .argument('<point>', 'id of a recovery point, or latest:NAME (exact name or UUID)')
    .option('--disk <disk>', 'only this one: its number, or its id')
    .option('--socket <file>', 'Unix socket to make (default: in a directory of this user)')
    .option('--listen <address>', 'HOST:PORT instead; a HOST that others reach needs TLS')
    .option('--tls-certificate <file>', 'PEM, with its chain')
    .option('--tls-key <file>', 'PEM, its private key')
    .option('--tls-client-ca <file>', 'PEM: only clients with a certificate of this CA get in')
    .option('--insecure', 'in clear text for others too')
