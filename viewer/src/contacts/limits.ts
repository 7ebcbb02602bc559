/** Farther apart than this (mm) nothing is told. */
export const FAR_MM = 1.5;
/** Up to this distance (mm) two teeth touch. */
export const TOUCH_MM = 0.05;
