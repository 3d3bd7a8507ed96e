import Box from '@cloudscape-design/components/box'
import StatusIndicator, {
  type StatusIndicatorProps,
} from '@cloudscape-design/components/status-indicator'
import type { TableProps } from '@cloudscape-design/components/table'
import type { AuditRecord } from '#core/contracts/audit-api.ts'
import { routes } from '#core/contracts/routes.ts'
import { Time } from '../../components/time.tsx'
import { Words } from '../../components/words.tsx'
import { audit as words } from '../../text/audit.ts'

const SIGNS: Record<AuditRecord['outcome'], StatusIndicatorProps.Type> = {
  asked: 'pending',
  done: 'success',
  refused: 'stopped',
  failed: 'error',
}

/** What an action is, in words; nothing of actions that are no routes, or were of another version. */
export const meaningOf = (action: string): string =>
  (routes as Record<string, { summary: string }>)[action]?.summary ?? ''

const Below = ({ children }: { children: string }) => (
  <Box color="text-body-secondary" fontSize="body-s">
    <Words>{children}</Words>
  </Box>
)

export const COLUMNS: TableProps.ColumnDefinition<AuditRecord>[] = [
  { id: 'seq', header: words.number, cell: ({ seq }) => seq, isRowHeader: true },
  { id: 'at', header: words.when, minWidth: 130, cell: ({ at }) => <Time at={at} /> },
  {
    id: 'who',
    header: words.who,
    minWidth: 140,
    cell: ({ who, role, source }) => (
      <>
        <Words>{who}</Words>
        <Below>{[words.sources[source], role].filter(Boolean).join(', ')}</Below>
      </>
    ),
  },
  {
    id: 'action',
    header: words.action,
    minWidth: 150,
    cell: ({ action }) => (
      <>
        {action}
        <Below>{meaningOf(action)}</Below>
      </>
    ),
  },
  {
    id: 'outcome',
    header: words.outcome,
    minWidth: 150,
    cell: record => (
      <>
        <StatusIndicator type={SIGNS[record.outcome]}>{words.outcomeText(record)}</StatusIndicator>
        {record.of !== undefined && <Below>{words.of(record.of)}</Below>}
      </>
    ),
  },
  {
    id: 'what',
    header: words.what,
    minWidth: 180,
    cell: ({ target, detail }) => (
      <>
        <Words>{target}</Words>
        <Below>{detail ?? ''}</Below>
      </>
    ),
  },
]
