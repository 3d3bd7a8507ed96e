import StatusIndicator from '@cloudscape-design/components/status-indicator'
import { type ComponentProps, lazy, Suspense } from 'react'
import { listing } from '../../text/shell.ts'
import type { RetentionCalendar as Loaded } from './retention-calendar.tsx'

const Lazy = lazy(async () => ({
  default: (await import('./retention-calendar.tsx')).RetentionCalendar,
}))

/** The calendar of kept points, loaded when it is first seen. */
export const RetentionCalendar = (props: ComponentProps<typeof Loaded>) => (
  <Suspense fallback={<StatusIndicator type="loading">{listing.loading}</StatusIndicator>}>
    <Lazy {...props} />
  </Suspense>
)
