import { useCall } from '../../api/use-call.ts'
import { useRecipes } from '../../api/use-recipes.ts'
import { PageWithoutData } from '../../components/page-without-data.tsx'
import { restoreComponent as words } from '../../text/guests.ts'
import { navigation } from '../../text/navigation.ts'
import { componentsOf } from './component.ts'
import { RestoreForm } from './restore-form.tsx'

/** Brings one component of a guest back from one of its points. */
export const Page = ({
  guestUuid,
  componentPointId: pointId,
}: {
  guestUuid: string
  componentPointId: string
}) => {
  const guest = useCall('getGuest', { params: { guestUuid } }, { every: false })
  const points = useCall('listPoints', { query: { point: pointId } }, { every: false })
  const { recipes, error: unknown, retry } = useRecipes()
  const point = points.data?.items.find(({ poolUuid }) => poolUuid === guestUuid)
  const error = guest.error ?? points.error ?? unknown
  if (!guest.data || !points.data || !recipes)
    return (
      <PageWithoutData
        {...{ title: navigation.restoreComponent, error }}
        {...{ loading: words.loading, failed: words.failed }}
        onRetry={() => {
          if (guest.error) void guest.refetch()
          if (points.error) void points.refetch()
          if (unknown) retry()
        }}
      />
    )
  if (!point)
    return (
      <PageWithoutData
        {...{ title: navigation.restoreComponent, loading: words.loading }}
        error={NO_POINT}
        onRetry={() => void points.refetch()}
      />
    )
  const component = componentsOf(guest.data).find(of => of.componentUuid === point.vmUuid)
  return (
    <RestoreForm
      guest={guest.data}
      point={point}
      component={component}
      recipe={recipes.find(({ name }) => name === component?.recipe)}
    />
  )
}

const NO_POINT = Object.assign(new Error(words.pointGone), {
  ...{ code: 'POINT_NOT_FOUND', advice: words.pointGoneAdvice },
})
