import Box from '@cloudscape-design/components/box'
import type { TableProps } from '@cloudscape-design/components/table'
import type { PolicyView } from '#core/contracts/policies-api.ts'
import { PageLink } from '../../components/page-link.tsx'
import { Time } from '../../components/time.tsx'
import { Words } from '../../components/words.tsx'
import { policies as words } from '../../text/policies.ts'
import { LastRun } from './last-run.tsx'
import { PolicyActions } from './policy-actions.tsx'
import { PolicyState } from './policy-state.tsx'

export const COLUMNS: TableProps.ColumnDefinition<PolicyView>[] = [
  {
    ...{ id: 'name', header: words.name, minWidth: 120 },
    cell: ({ policy }) => <PageLink to={`/policies/${policy.policyId}`}>{policy.name}</PageLink>,
    isRowHeader: true,
  },
  {
    id: 'takes',
    header: words.takes,
    minWidth: 140,
    cell: view => <Words>{view.words.takes}</Words>,
  },
  {
    ...{ id: 'when', header: words.when, minWidth: 170 },
    cell: view => (
      <>
        {view.words.when}
        {view.nextTime !== undefined && (
          <Box color="text-body-secondary" fontSize="body-s">
            {words.next} <Time at={view.nextTime} />
          </Box>
        )}
      </>
    ),
  },
  {
    id: 'kept',
    header: words.kept,
    cell: view => (
      <>
        {view.words.kept}
        <Box color="text-body-secondary" fontSize="body-s">
          {view.words.lock === undefined ? words.noLock : words.lock(view.words.lock)}
        </Box>
      </>
    ),
  },
  {
    ...{ id: 'state', header: words.state, minWidth: 130 },
    cell: view => <PolicyState view={view} />,
  },
  {
    ...{ id: 'lastRun', header: words.lastRun, minWidth: 150 },
    cell: view => <LastRun view={view} />,
  },
  {
    id: 'actions',
    header: words.actions,
    cell: view => <PolicyActions view={view} variant="inline-icon" />,
  },
]
