import { useSearchParams } from 'wouter'
import { ChoosePoint } from './choose-point.tsx'
import { PointToBrowse } from './point-to-browse.tsx'

/** `/files`, `?vm=…`: which point. `?point=…&volume=…&path=…`: a place in one. */
export const Page = () => {
  const [params, setParams] = useSearchParams()
  const pointId = params.get('point')
  if (pointId !== null) return <PointToBrowse key={pointId} pointId={pointId} params={params} />
  return (
    <ChoosePoint
      vm={params.get('vm') ?? undefined}
      onVm={vm => setParams(vm === undefined ? {} : { vm }, { replace: true })}
    />
  )
}
