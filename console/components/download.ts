/** Gives a text to the person as a file. */
export const download = (name: string, type: string, text: string): void =>
  saveBlob(name, new Blob([text], { type }))

/** Safari and Firefox may begin to read what was clicked only later, and save nothing where its address is gone by then. ms */
const READ_BY_THEN = 60_000

/** Gives what the page holds to the person as a file; the browser asks where to, or knows. */
export const saveBlob = (name: string, content: Blob): void => {
  const url = URL.createObjectURL(content)
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), READ_BY_THEN)
}
