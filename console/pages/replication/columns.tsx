import Box from '@cloudscape-design/components/box'
import type { StatusIndicatorProps } from '@cloudscape-design/components/status-indicator'
import type { TableProps } from '@cloudscape-design/components/table'
import type { ReactNode } from 'react'
import type { ReplicaView } from '#core/contracts/replicas-api.ts'
import { rhythmText } from '../../components/duration.ts'
import { PageLink } from '../../components/page-link.tsx'
import { Sign } from '../../components/sign.tsx'
import { Ago } from '../../components/time.tsx'
import { replication as words } from '../../text/replication.ts'

export const nameOf = ({ vmName, vmUuid }: Pick<ReplicaView, 'vmName' | 'vmUuid'>): string =>
  vmName.trim() === '' ? vmUuid : vmName

const PHASES: Record<ReplicaView['phase'], StatusIndicatorProps.Type> = {
  'standing-by': 'success',
  'failing-over': 'warning',
  active: 'info',
  'failing-back': 'warning',
  stopped: 'stopped',
}

export const Phase = ({ phase }: Pick<ReplicaView, 'phase'>) => (
  <Sign type={PHASES[phase]}>{words.phases[phase]}</Sign>
)

const AGES = {
  newest: 'success',
  'in-time': 'success',
  behind: 'warning',
  empty: 'pending',
  'no-rounds': 'stopped',
} as const

export const Age = ({ age }: Pick<ReplicaView, 'age'>) =>
  age && (
    <>
      <Sign type={AGES[age.state]}>{words.ages[age.state]}</Sign>
      <Small>{age.text}</Small>
    </>
  )

const Small = ({ children }: { children: ReactNode }) => (
  <Box color="text-body-secondary" fontSize="body-s">
    {children}
  </Box>
)

export const Last = ({ last }: Pick<ReplicaView, 'last'>) =>
  last ? (
    <>
      <Sign type={last.ok ? 'success' : 'error'}>
        <Ago at={last.ended} />
      </Sign>
      <Small>
        {last.line} <PageLink to={`/runs/${last.runId}`}>{words.showLast}</PageLink>
      </Small>
    </>
  ) : (
    words.noLast
  )

const Now = ({ current }: Pick<ReplicaView, 'current'>) =>
  current && (
    <Small>
      {words.steps[current.step]}.{' '}
      <PageLink to={`/runs/${current.runId}`}>{words.showNow}</PageLink>
    </Small>
  )

export const COLUMNS: TableProps.ColumnDefinition<ReplicaView>[] = [
  {
    ...{ id: 'vm', header: words.vm, isRowHeader: true, minWidth: 110 },
    cell: replica => (
      <PageLink to={`/replication/${replica.replicaId}`}>{nameOf(replica)}</PageLink>
    ),
  },
  { id: 'pool', header: words.inPool, cell: ({ poolName, poolUuid }) => poolName || poolUuid },
  {
    ...{ id: 'standing', header: words.standing, minWidth: 130 },
    cell: replica => (
      <>
        <Phase phase={replica.phase} />
        <Now current={replica.current} />
      </>
    ),
  },
  {
    ...{ id: 'newest', header: words.newest, minWidth: 180 },
    cell: ({ age }) => <Age age={age} />,
  },
  {
    ...{ id: 'rounds', header: words.rounds, minWidth: 120 },
    cell: ({ everySeconds, standby, missed }) => (
      <>
        {words.every(rhythmText(everySeconds))}
        <Small>
          {words.states(Math.max(0, (standby?.states.length ?? 0) - 1))}. {words.missed(missed)}.
        </Small>
      </>
    ),
  },
  {
    ...{ id: 'last', header: words.last, minWidth: 200 },
    cell: ({ last }) => <Last last={last} />,
  },
]
