/* Where the server is: Streamlit would ask for it, and at /key below /key first. With the cookie that its health check
   sets (a login counts beside it alone) the socket opens at once, and the check follows behind it. */
window.__streamlit = { BACKEND_BASE_URL: new URL(".", location.href).href };
if (/(^|; )_streamlit_xsrf=/.test(document.cookie)) {
  window.__streamlit.HOST_CONFIG = { allowedOrigins: [location.origin], useExternalAuthToken: false };
}
