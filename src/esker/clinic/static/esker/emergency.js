// Small, on its own, and never waited for. The card opens by HTML alone; this starts its clock at
// the very touch, however late the rest of the page arrives, and remembers that it was called.
(() => {
  let called = null;
  const show = () => {
    const clock = document.getElementById("rescue-clock");
    if (!clock || clock.dataset.age) return; // the server's own time has come
    const s = Math.floor((performance.now() - called) / 1000);
    clock.textContent = `${Math.floor(s / 60)}:${String(s % 60).padStart(2, "0")}`;
  };
  const call = () => {
    if (called !== null) return;
    called = performance.now();
    document.documentElement.dataset.emergency = "called";
    document.dispatchEvent(new Event("esker:emergency"));
    setInterval(show, 500);
    show();
  };
  document.addEventListener("click", (event) => { if (event.target.closest?.("#emergency")) call(); }, true);
  if (document.querySelector("#rescue:popover-open")) call(); // pressed before this script came
})();
