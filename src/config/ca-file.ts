import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { readFault } from './file-fault.ts'
import { SettingError } from './settings.ts'

/** The certificates in a PEM file; none if the path is empty. @throws SettingError that names POSTHORN_CA_FILE */
export function readAuthorities(path: string): readonly string[] {
  if (path === '') return []
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw new SettingError(`POSTHORN_CA_FILE ${path} ${readFault(error)}`)
  }
  try {
    const certificates = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g)
    if (certificates === null) throw new Error('it has no certificate in PEM form')
    for (const certificate of certificates) new X509Certificate(certificate)
    return certificates
  } catch (error) {
    throw new SettingError(`POSTHORN_CA_FILE ${path}: ${error instanceof Error ? error.message : String(error)}`)
  }
}
