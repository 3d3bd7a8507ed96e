import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import type { TableProps } from '@cloudscape-design/components/table'
import { useState } from 'react'
import type { TokenView } from '#core/contracts/tokens-api.ts'
import { timeNow } from '../../api/clock.ts'
import { useMay } from '../../api/may.ts'
import { usePages } from '../../api/use-pages.ts'
import { Listing } from '../../components/listing.tsx'
import { NotForRole } from '../../components/not-for-role.tsx'
import { Ago, Time } from '../../components/time.tsx'
import { Words } from '../../components/words.tsx'
import { settings } from '../../text/settings.ts'
import { shell } from '../../text/shell.ts'
import { CreateTokenModal } from './create-token-modal.tsx'
import { RevokeTokenModal } from './revoke-token-modal.tsx'

const words = settings.tokens

export const Tokens = () => {
  const { disabledReason } = useMay()('listTokens')
  return disabledReason === undefined ? (
    <TokenList />
  ) : (
    <NotForRole title={words.title} heading="section" reason={disabledReason} />
  )
}

const TokenList = () => {
  const [open, setOpen] = useState<'create' | TokenView>()
  const onClose = () => setOpen(undefined)
  const create = <Button onClick={() => setOpen('create')}>{words.create}</Button>
  return (
    <>
      <Listing
        title={words.title}
        heading="section"
        description={words.description}
        actions={create}
        columns={columnsWith(setOpen)}
        idOf={({ tokenId }) => tokenId}
        pages={usePages('listTokens')}
        empty={{ title: words.empty, advice: words.emptyAdvice, action: create }}
      />
      {open === 'create' && <CreateTokenModal onClose={onClose} />}
      {open !== undefined && open !== 'create' && (
        <RevokeTokenModal token={open} onClose={onClose} />
      )}
    </>
  )
}

const columnsWith = (
  revoke: (token: TokenView) => void,
): TableProps.ColumnDefinition<TokenView>[] => [
  {
    id: 'name',
    header: words.name,
    minWidth: 140,
    cell: ({ name }) => <Words>{name}</Words>,
    isRowHeader: true,
  },
  { id: 'role', header: words.role, cell: ({ role }) => shell.roles[role] },
  {
    id: 'created',
    header: words.created,
    minWidth: 130,
    cell: ({ created, createdBy }) => (
      <>
        <Time at={created} />
        <Box color="text-body-secondary">{words.by(createdBy)}</Box>
      </>
    ),
  },
  {
    id: 'lastUsed',
    header: words.lastUsed,
    cell: ({ lastUsed }) => (lastUsed === undefined ? words.never : <Ago at={lastUsed} />),
  },
  { id: 'state', header: words.state, minWidth: 130, cell: token => <State token={token} /> },
  {
    id: 'actions',
    header: words.actions,
    cell: token =>
      token.revoked === undefined && (
        <Button
          variant="inline-link"
          ariaLabel={words.revokeOf(token.name)}
          onClick={() => revoke(token)}
        >
          {words.revoke}
        </Button>
      ),
  },
]

const State = ({ token: { revoked, expires } }: { token: TokenView }) => {
  if (revoked !== undefined)
    return (
      <>
        <StatusIndicator type="stopped">{words.states.revoked}</StatusIndicator>{' '}
        <Time at={revoked} />
      </>
    )
  const isOver = expires !== undefined && expires <= timeNow()
  return (
    <>
      <StatusIndicator type={isOver ? 'stopped' : 'success'}>
        {isOver ? words.states.expired : words.states.good}
      </StatusIndicator>{' '}
      {expires !== undefined && (
        <>
          {isOver ? '' : words.until} <Time at={expires} />
        </>
      )}
    </>
  )
}
