import { useState } from 'react'
import type { ListedPoint } from '#core/contracts/runs-api.ts'
import type { VmDetail } from '#core/contracts/vms-api.ts'
import { usePages } from '../../api/use-pages.ts'
import { StartBootCheck } from '../../components/boot-check/start-boot-check.tsx'
import { PlaceHold } from '../../components/holds/place-hold.tsx'
import { ReleaseHold } from '../../components/holds/release-hold.tsx'
import { Listing } from '../../components/listing.tsx'
import { holds as holdWords } from '../../text/holds.ts'
import { points as words } from '../../text/vm.ts'
import { AcknowledgeModal } from './acknowledge-modal.tsx'
import { DeletePointModal } from './delete-point-modal.tsx'
import type { PointDeed } from './point-actions.tsx'
import { pointColumns } from './point-columns.tsx'

/** Its recovery points, newest first: how each came about, what keeps it, whether it is good. */
export const VmPoints = ({ detail: { uuid, name, holds } }: { detail: VmDetail }) => {
  const [asked, setAsked] = useState<{ deed: PointDeed; point: ListedPoint }>()
  const close = () => setAsked(undefined)
  const pages = usePages('listPoints', { vm: uuid }, { limit: 20 })
  const heldAlone = new Set(holds.flatMap(({ pointId }) => pointId ?? []))
  const on = asked && { pointId: asked.point.pointId }
  return (
    <>
      <Listing
        title={words.title}
        heading="section"
        description={words.description}
        columns={pointColumns({
          ask: (deed, point) => setAsked({ deed, point }),
          isHeld: ({ pointId }) => heldAlone.has(pointId),
        })}
        idOf={point => point.pointId}
        pages={pages}
        empty={{ title: words.empty, advice: words.emptyAdvice }}
      />
      {asked?.deed === 'boot-check' && (
        <StartBootCheck points={[{ pointId: asked.point.pointId, vmName: name }]} onClose={close} />
      )}
      {asked?.deed === 'delete' && <DeletePointModal point={asked.point} onClose={close} />}
      {asked?.deed === 'acknowledge' && (
        <AcknowledgeModal pointId={asked.point.pointId} taken={asked.point.taken} onClose={close} />
      )}
      {on && asked.deed === 'hold' && (
        <PlaceHold on={on} title={holdWords.place.titlePoint(name)} onClose={close} />
      )}
      {on && asked.deed === 'release' && <ReleaseHold on={on} name={name} onClose={close} />}
    </>
  )
}
