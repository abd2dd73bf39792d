/**
 * Messages to the page that embeds the portal. `posthorn.ended`: the session has ended, and the page may load a new link.
 * `posthorn.height`: the height of the portal in pixels.
 */
export type PortalMessage =
  | { readonly type: 'posthorn.ended' }
  | { readonly type: 'posthorn.height'; readonly height: number }

/** @param parents the origins that may embed the portal; absent: they are not known, because no session was opened */
export function tellParents(message: PortalMessage, parents: readonly string[] = ['*']): void {
  if (window.parent === window) return
  for (const parent of parents) window.parent.postMessage(message, parent)
}
