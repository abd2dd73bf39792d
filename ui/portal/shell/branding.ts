import type { PortalSession } from '../../shared/types.ts'

/** Sets the product's colours. The API has checked their form. */
export function applyBranding({ accent, scheme }: PortalSession['branding']): void {
  const { style } = document.documentElement
  if (scheme !== null) style.colorScheme = scheme
  if (accent === null) return
  // The same colour, made dark or light enough for text on the page.
  const text = `light-dark(${shaded(accent, 0)}, ${shaded(accent, 255)})`
  style.setProperty('--accent', text)
  style.setProperty('--accent-ground', `color-mix(in srgb, ${accent} 14%, var(--surface))`)
}

/** Mixes a colour with black (0) or white (255) until text of it can be read on the opposite ground. */
function shaded(accent: string, towards: 0 | 255): string {
  const channels = [1, 3, 5].map((at) => Number.parseInt(accent.slice(at, at + 2), 16))
  for (let part = 0; part <= 1; part += 0.05) {
    const mixed = channels.map((channel) => Math.round(channel + (towards - channel) * part))
    const light = luminance(mixed)
    const contrast = towards === 0 ? 1.05 / (light + 0.05) : (light + 0.05) / (luminance([28, 30, 34]) + 0.05)
    if (contrast >= 5) return `rgb(${mixed.join(' ')})`
  }
  return towards === 0 ? '#000' : '#fff'
}

/** The relative luminance of WCAG, 0 to 1. */
function luminance(channels: readonly number[]): number {
  const [red = 0, green = 0, blue = 0] = channels.map((channel) => {
    const part = channel / 255
    return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}
