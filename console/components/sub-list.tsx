import Box from '@cloudscape-design/components/box'
import SpaceBetween from '@cloudscape-design/components/space-between'
import Table, { type TableProps } from '@cloudscape-design/components/table'
import type { Pages } from '../api/use-pages.ts'
import { listing } from '../text/shell.ts'
import { Pager } from './pager.tsx'
import { ProblemAlert } from './problem-alert.tsx'

/** A list below the headline of a page. */
export const SubList = <I,>({
  label,
  columns,
  idOf,
  pages,
  empty,
}: {
  label: string
  columns: readonly TableProps.ColumnDefinition<I>[]
  idOf: (item: I) => string
  pages: Pages<I>
  empty: { title: string; advice: string }
}) => {
  const { items, error } = pages
  const failed = error !== null && error !== undefined
  return (
    <SpaceBetween size="m">
      {failed && (
        <ProblemAlert
          error={error}
          title={items === undefined ? listing.failed : listing.stale}
          onRetry={pages.retry}
        />
      )}
      <Table<I>
        variant="embedded"
        items={items ?? []}
        columnDefinitions={columns}
        trackBy={idOf}
        loading={items === undefined && !failed}
        loadingText={listing.loading}
        wrapLines
        cellVerticalAlign="top"
        ariaLabels={{ tableLabel: label }}
        empty={
          failed ? null : (
            <>
              <Box variant="strong">{empty.title}</Box>
              <Box color="text-body-secondary">{empty.advice}</Box>
            </>
          )
        }
        pagination={<Pager pages={pages} />}
      />
    </SpaceBetween>
  )
}
