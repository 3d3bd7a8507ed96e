import Pagination, { type PaginationProps } from '@cloudscape-design/components/pagination'
import type { Pages } from '../api/use-pages.ts'
import { listing } from '../text/shell.ts'

/** The numbers of pages, where there is more than one. */
export const PageNumbers = ({
  page,
  pages,
  go,
  ...rest
}: {
  page: number
  pages: number
  go: (page: number) => void
} & Pick<PaginationProps, 'openEnd'>) =>
  pages <= 1 ? null : (
    <Pagination
      currentPageIndex={page}
      pagesCount={pages}
      onChange={({ detail }) => go(detail.currentPageIndex)}
      ariaLabels={{
        nextPageLabel: listing.next,
        previousPageLabel: listing.previous,
        pageLabel: listing.page,
      }}
      {...rest}
    />
  )

/** Of a list that the API gives page by page. */
export const Pager = ({ pages: { page, hasNext, go } }: { pages: Pages<unknown> }) => (
  <PageNumbers page={page} pages={hasNext ? page + 1 : page} go={go} openEnd={hasNext} />
)
