import { useLocation } from 'wouter'
import { useAskedDeed } from '../../api/use-asked-deed.ts'
import { FormModal } from '../../components/form-modal.tsx'
import { sitePoint as words } from '../../text/sites.ts'

/** Takes over the plan of a site point, so that its steps can be done. */
export const BeginRestore = ({
  siteId,
  pointId,
  onClose,
}: {
  siteId: string
  pointId: string
  onClose: () => void
}) => {
  const [, go] = useLocation()
  const { ask, dialogue } = useAskedDeed('startSiteRestore', {
    told: () => words.restoreDone,
    onClose,
    onTold: ({ restoreId }) => go(`/sites/${siteId}/restores/${restoreId}`),
  })
  return (
    <FormModal
      {...dialogue}
      title={words.restoreTitle}
      action={words.restore}
      ready
      onSubmit={() => ask({ body: { pointId } })}
    >
      {words.restoreText}
    </FormModal>
  )
}
