import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import Header from '@cloudscape-design/components/header'
import SpaceBetween from '@cloudscape-design/components/space-between'
import Table, { type TableProps } from '@cloudscape-design/components/table'
import type { ReactNode } from 'react'
import type { Pages } from '../api/use-pages.ts'
import { listing } from '../text/shell.ts'
import { Pager } from './pager.tsx'
import { ProblemAlert } from './problem-alert.tsx'

export interface ListingProps<I> {
  title: string
  description?: ReactNode
  /** Whether it is the page, or a section of one. */
  heading?: 'page' | 'section'
  /** Beside the title. */
  actions?: ReactNode
  columns: readonly TableProps.ColumnDefinition<I>[]
  idOf: (item: I) => string
  pages: Pages<I>
  /** Where a list can be narrowed: the controls, whether they do so now, and how to stop. */
  filter?: { controls: ReactNode; active: boolean; clear: () => void }
  /** Of a list that has nothing, whatever is asked: what that means, and what to do first. */
  empty: { title: string; advice: string; action?: ReactNode }
  selection?: { chosen: readonly I[]; choose: (items: I[]) => void; labelOf: (item: I) => string }
}

/** A list with its four faces: loading, failed, empty, nothing matches. */
export const Listing = <I,>({
  title,
  description,
  heading = 'page',
  actions,
  columns,
  idOf,
  pages,
  filter,
  empty,
  selection,
}: ListingProps<I>) => {
  const { items, error, total } = pages
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
        variant="container"
        items={items ?? []}
        columnDefinitions={columns}
        trackBy={idOf}
        loading={items === undefined && !failed}
        loadingText={listing.loading}
        wrapLines
        cellVerticalAlign="top"
        {...said(pages)}
        stickyHeader={heading === 'page'}
        {...(selection && {
          selectionType: 'multi' as const,
          selectedItems: [...selection.chosen],
          onSelectionChange: ({ detail }) => selection.choose(detail.selectedItems),
          ariaLabels: {
            selectionGroupLabel: title,
            allItemsSelectionLabel: () => title,
            itemSelectionLabel: (_, item: I) => selection.labelOf(item),
          },
        })}
        header={
          <Header
            variant={heading === 'page' ? 'awsui-h1-sticky' : 'h2'}
            description={description}
            actions={actions}
            {...(total !== undefined && { counter: `(${total.toLocaleString('en')})` })}
          >
            {title}
          </Header>
        }
        filter={filter?.controls}
        empty={
          failed ? null : pages.hasNext ? (
            <LookFurther pages={pages} />
          ) : filter?.active ? (
            <NoMatch clear={filter.clear} />
          ) : (
            <Empty {...empty} />
          )
        }
        pagination={<Pager pages={pages} />}
      />
    </SpaceBetween>
  )
}

/** Told to who reads by ear when another page or another filter has come. */
const said = ({ page, items = [], total }: Pages<unknown>) => ({
  firstIndex: 1,
  renderAriaLive: () => listing.said(page, items.length, total),
})

const Empty = ({ title, advice, action }: ListingProps<unknown>['empty']) => (
  <Box textAlign="center" padding="l">
    <SpaceBetween size="xs">
      <Box variant="strong">{title}</Box>
      <Box color="text-body-secondary">{advice}</Box>
      {action}
    </SpaceBetween>
  </Box>
)

const NoMatch = ({ clear }: { clear: () => void }) => (
  <Empty
    title={listing.noMatch}
    advice={listing.noMatchAdvice}
    action={
      <Button formAction="none" onClick={clear}>
        {listing.clearFilters}
      </Button>
    }
  />
)

/** The API looks through long lists in portions, and a portion may have nothing that matches. */
const LookFurther = ({ pages }: { pages: Pages<unknown> }) => (
  <Empty
    title={listing.noneHere}
    advice={listing.noneHereAdvice}
    action={
      <Button formAction="none" onClick={() => pages.go(pages.page + 1)}>
        {listing.lookFurther}
      </Button>
    }
  />
)
