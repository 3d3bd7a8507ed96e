import { Role } from '#core/contracts/routes/route.ts'
import type { TokenView } from '#core/contracts/tokens-api.ts'
import { action, answer, newCommand, type Program } from '../command.ts'
import { listAll } from '../control-plane.ts'
import { UsageError } from '../errors.ts'
import { ExitCode } from '../exit-codes.ts'
import type { Host } from '../host.ts'
import { quoted, safeText } from '../output/safe-text.ts'
import { type Column, table } from '../output/table.ts'
import { ulid, wholeNumber } from './arguments.ts'

/** `xenkeep tokens …`: with what outside systems call the API. */
export const tokensCommand = (program: Program) => {
  const tokens = newCommand('tokens', 'tokens with which outside systems call the API', [
    'xenkeep tokens create "ticket system" --role operator --days 365',
    'xenkeep tokens list',
    'xenkeep tokens revoke 01JD9W5R6D3S0Q6Z1B4W8TXY2K',
  ])
  tokens.addCommand(createCommand(program))
  tokens.addCommand(listCommand(program))
  tokens.addCommand(revokeCommand(program))
  return tokens
}

/** JSON: `{"tokenId":…,"token":…,"name":…,"role":…}`. */
const createCommand = (program: Program) =>
  newCommand('create', 'create a token; it is shown once', [
    'xenkeep tokens create monitoring --role viewer',
    'xenkeep tokens create "ticket system" --role operator --days 365 --json \\\n      | jq -r .token > token && chmod 600 token',
  ])
    .argument('<name>', 'who will use it, as lists and audit records will show')
    .requiredOption('--role <role>', 'viewer, operator or administrator', roleOf)
    .option('--days <days>', 'stop working after so many days (default: when revoked)', daysOf)
    .action(
      action(
        program,
        async (session, name: string, { role, days }: { role: Role; days?: number }) => {
          const expires =
            days === undefined ? {} : { expires: session.host.now() + days * 86_400_000 }
          const reply = await session.client.call('createToken', {
            body: { name, role, ...expires },
          })
          answer(session, reply, () => [
            reply.token,
            '',
            `This token of ${safeText(reply.name)} (role ${reply.role}) is shown once and kept nowhere: store it now.`,
            reply.expires === undefined
              ? 'It works until it is revoked.'
              : `It works until ${session.host.time(reply.expires)}, or until it is revoked.`,
            `Revoke it with "xenkeep tokens revoke ${reply.tokenId}".`,
          ])
          return ExitCode.ok
        },
      ),
    )

/** JSON: `{"tokens":[TokenView]}`. */
const listCommand = (program: Program) =>
  newCommand('list', 'list the tokens, revoked ones too', ['xenkeep tokens list']).action(
    action(program, async session => {
      const tokens = await listAll(session.client, 'listTokens')
      answer(session, { tokens }, () =>
        tokens.length > 0
          ? table(columns(session.host), tokens)
          : ['There is no token yet. "xenkeep tokens create NAME --role ROLE" makes one.'],
      )
      return ExitCode.ok
    }),
  )

/** JSON: `{"tokenId":…,"revoked":…}`. */
const revokeCommand = (program: Program) =>
  newCommand('revoke', 'revoke a token: its next call is refused', [
    'xenkeep tokens revoke 01JD9W5R6D3S0Q6Z1B4W8TXY2K',
  ])
    .argument('<token-id>', 'id from "xenkeep tokens list"')
    .action(
      action(program, async (session, tokenId: string) => {
        const params = { tokenId: ulid(tokenId, 'token', 'xenkeep tokens list') }
        const reply = await session.client.call('revokeToken', { params })
        answer(session, reply, () => [
          `Token ${reply.tokenId} is revoked since ${session.host.time(reply.revoked)}.`,
        ])
        return ExitCode.ok
      }),
    )

const columns = ({ time, now }: Pick<Host, 'time' | 'now'>): Column<TokenView>[] => [
  { title: 'TOKEN', cell: token => token.tokenId },
  { title: 'NAME', cell: token => safeText(token.name) },
  { title: 'ROLE', cell: token => token.role },
  { title: 'CREATED', cell: token => time(token.created) },
  { title: 'BY', cell: token => safeText(token.createdBy) },
  {
    title: 'LAST USED',
    cell: ({ lastUsed }) => (lastUsed === undefined ? 'never' : time(lastUsed)),
  },
  { title: 'STATE', cell: token => stateOf(token, time, now()) },
]

const stateOf = ({ revoked, expires }: TokenView, time: Host['time'], now: number): string => {
  if (revoked !== undefined) return `revoked ${time(revoked)}`
  if (expires === undefined) return 'good'
  return expires <= now ? `expired ${time(expires)}` : `good until ${time(expires)}`
}

const roleOf = (text: string): Role => {
  const role = Role.safeParse(text)
  if (role.success) return role.data
  throw new UsageError(`${quoted(text)} is no role: viewer, operator or administrator.`)
}

const daysOf = (text: string): number => {
  const days = wholeNumber(text)
  if (days <= 3_650) return days
  throw new UsageError(
    'A token lives 3650 days at most; without --days it lives until it is revoked.',
  )
}
